// Elements of arrays and textures: the driver's names and the runtime's descriptions. Plain
// functions.
#pragma once

#include "driver_call.h"

namespace npu::driver_api {

struct FormatRow {
  npudrv_array_format format;
  int bits;
  npuChannelFormatKind kind;
  unsigned channels = 0; // 0: as many as are said
};
inline constexpr FormatRow kFormats[] = {
    {NPUDRV_AD_FORMAT_UNSIGNED_INT8, 8, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_UNSIGNED_INT16, 16, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_UNSIGNED_INT32, 32, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT8, 8, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT16, 16, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT32, 32, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_HALF, 16, npuChannelFormatKindFloat},
    {NPUDRV_AD_FORMAT_FLOAT, 32, npuChannelFormatKindFloat},
    {NPUDRV_AD_FORMAT_UNORM_INT8X1, 8, npuChannelFormatKindUnsignedNormalized8X1, 1},
    {NPUDRV_AD_FORMAT_UNORM_INT8X2, 8, npuChannelFormatKindUnsignedNormalized8X2, 2},
    {NPUDRV_AD_FORMAT_UNORM_INT8X4, 8, npuChannelFormatKindUnsignedNormalized8X4, 4},
    {NPUDRV_AD_FORMAT_UNORM_INT16X1, 16, npuChannelFormatKindUnsignedNormalized16X1, 1},
    {NPUDRV_AD_FORMAT_UNORM_INT16X2, 16, npuChannelFormatKindUnsignedNormalized16X2, 2},
    {NPUDRV_AD_FORMAT_UNORM_INT16X4, 16, npuChannelFormatKindUnsignedNormalized16X4, 4},
    {NPUDRV_AD_FORMAT_SNORM_INT8X1, 8, npuChannelFormatKindSignedNormalized8X1, 1},
    {NPUDRV_AD_FORMAT_SNORM_INT8X2, 8, npuChannelFormatKindSignedNormalized8X2, 2},
    {NPUDRV_AD_FORMAT_SNORM_INT8X4, 8, npuChannelFormatKindSignedNormalized8X4, 4},
    {NPUDRV_AD_FORMAT_SNORM_INT16X1, 16, npuChannelFormatKindSignedNormalized16X1, 1},
    {NPUDRV_AD_FORMAT_SNORM_INT16X2, 16, npuChannelFormatKindSignedNormalized16X2, 2},
    {NPUDRV_AD_FORMAT_SNORM_INT16X4, 16, npuChannelFormatKindSignedNormalized16X4, 4}};

inline Status describeFormat(npudrv_array_format format, unsigned channels,
                             npuChannelFormatDesc &description) {
  if (channels != 1 && channels != 2 && channels != 4)
    return Status(npuErrorInvalidValue, "an element has 1, 2 or 4 channels");
  for (const FormatRow &row : kFormats)
    if (row.format == format && (!row.channels || row.channels == channels)) {
      description = {row.bits, channels > 1 ? row.bits : 0, channels > 2 ? row.bits : 0,
                     channels > 3 ? row.bits : 0, row.kind};
      return {};
    }
  return Status(npuErrorInvalidValue,
                "arrays do not have this format, or not with so many channels");
}

inline Status nameFormat(const npuChannelFormatDesc &description, npudrv_array_format &format,
                         unsigned &channels) {
  for (const FormatRow &row : kFormats)
    if (row.bits == description.x && row.kind == description.f) {
      format = row.format;
      channels = unsigned(1 + (description.y != 0) + (description.z != 0) + (description.w != 0));
      return {};
    }
  return Status(npuErrorNotSupported, "the driver has no name for the format");
}

} // namespace npu::driver_api
