/* SPDX-License-Identifier: MIT */
/* Of our small host driver: the names of types that its interface uses. */
#ifndef NV_LINUX_H
#define NV_LINUX_H

#include <linux/types.h>

typedef u8 NvU8;
typedef u16 NvU16;
typedef u32 NvU32;
typedef u64 NvU64;
typedef s32 NvS32;
typedef u8 NvBool;
typedef u32 NV_STATUS;

#define NV_FALSE ((NvBool)0)
#define NV_OK 0
#define NV_ERR_GENERIC 0xffff
#define NV_ERR_NO_MEMORY 0x51

typedef int VGPU_DEVICE_STATE;

#endif
