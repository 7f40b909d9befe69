// Which device a call's work goes to, known before the program runs: placement.def.
#pragma once

#include "api_table.h"

namespace npu {

enum class Place {
  Npu,
  OpenCl,
  Host,
  Nowhere // bookkeeping: no work that a device could do
};

struct Placement {
  Place place = Place::Nowhere;
  const char *why = "";
};

Placement placementOf(const ApiRow &row);

// "NPU", "OpenCL", "host", "-".
const char *placeName(Place place);

} // namespace npu
