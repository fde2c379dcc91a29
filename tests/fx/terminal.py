# SPDX-License-Identifier: MIT
"""terminal.py [--columns N] [--stdout FILE] [--interrupt TEXT] RAW CMD...

Runs CMD on a terminal of its own and writes to RAW what it sent there, byte for
byte, and to RAW.screen what a terminal then shows. With --stdout only standard
error is the terminal. With --interrupt Ctrl-C is typed once TEXT was seen.
RAW.width is the length of the longest line there ever was. The exit status is
that of CMD, 128 + N after signal N.
"""
import fcntl
import os
import re
import struct
import sys
import termios


def options(argv):
    opt = {"--columns": "80", "--stdout": None, "--interrupt": None}
    while argv and argv[0] in opt:
        opt[argv[0]] = argv[1]
        argv = argv[2:]
    return opt, argv[0], argv[1:]


def start(cmd, slave, stdout):
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.dup2(slave, 0)
    out = os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644) if stdout else slave
    os.dup2(out, 1)
    os.dup2(slave, 2)
    os.execvp(cmd[0], cmd)


def read_all(master, text):
    got = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: the last one has closed it
            return got
        if not piece:
            return got
        got += piece
        if text and text in got:
            os.write(master, b"\x03")
            text = None


def screen(raw):
    """CR, LF, "erase to the end of the line", and colours, which take no room."""
    lines, x, width = [""], 0, 0
    for part in re.findall(r"\x1b\[K|\r|\n|\x1b\[[0-9;]*m|[^\r\n\x1b]+|\x1b", raw.decode()):
        if part == "\r":
            x = 0
        elif part == "\n":
            lines.append("")
            x = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:x]
        elif part[0] == "\x1b" and len(part) > 1:
            continue
        else:
            now = lines[-1].ljust(x)
            lines[-1] = now[:x] + part + now[x + len(part):]
            x += len(part)
            width = max(width, len(lines[-1]))
    return "\n".join(lines), width


def main():
    opt, raw, cmd = options(sys.argv[1:])
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(opt["--columns"]), 0, 0))
    pid = start(cmd, slave, opt["--stdout"])
    os.close(slave)
    text = opt["--interrupt"]
    got = read_all(master, text.encode() if text else None)
    status = os.waitpid(pid, 0)[1]
    shown, width = screen(got)
    with open(raw, "wb") as f:
        f.write(got)
    with open(raw + ".screen", "w") as f:
        f.write(shown)
    with open(raw + ".width", "w") as f:
        f.write(f"{width}\n")
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


sys.exit(main())
