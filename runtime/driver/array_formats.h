// Elements of arrays and textures: the driver's names and the runtime's descriptions. Plain
// functions.
#pragma once

#include "driver_call.h"

namespace npu::driver_api {

struct FormatRow {
  npudrv_array_format format;
  int bits;
  npuChannelFormatKind kind;
};
inline constexpr FormatRow kFormats[] = {
    {NPUDRV_AD_FORMAT_UNSIGNED_INT8, 8, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_UNSIGNED_INT16, 16, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_UNSIGNED_INT32, 32, npuChannelFormatKindUnsigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT8, 8, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT16, 16, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_SIGNED_INT32, 32, npuChannelFormatKindSigned},
    {NPUDRV_AD_FORMAT_HALF, 16, npuChannelFormatKindFloat},
    {NPUDRV_AD_FORMAT_FLOAT, 32, npuChannelFormatKindFloat}};

inline Status describeFormat(npudrv_array_format format, unsigned channels,
                             npuChannelFormatDesc &description) {
  if (channels != 1 && channels != 2 && channels != 4)
    return Status(npuErrorInvalidValue, "an element has 1, 2 or 4 channels");
  for (const FormatRow &row : kFormats)
    if (row.format == format) {
      description = {row.bits, channels > 1 ? row.bits : 0, channels > 2 ? row.bits : 0,
                     channels > 3 ? row.bits : 0, row.kind};
      return {};
    }
  return Status(npuErrorInvalidValue, "unknown array format");
}

} // namespace npu::driver_api
