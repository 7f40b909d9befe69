// See placement.h.
#include "placement.h"

#include "llvm/Support/GlobPattern.h"

using namespace npu;

namespace {

struct Row {
  llvm::GlobPattern library, section, name;
  Placement placement;
};

llvm::GlobPattern pattern(const char *text) {
  return llvm::cantFail(llvm::GlobPattern::create(text), "placement.def has a bad pattern");
}

const std::vector<Row> &rows() {
  static const std::vector<Row> all = {
#define PLACE(library, section, name, place, why)                                                  \
  {pattern(library), pattern(section), pattern(name), {Place::place, why}},
#include "placement.def"
  };
  return all;
}

} // namespace

Placement npu::placementOf(const ApiRow &row) {
  if (row.kind == ApiRow::Kind::Gap || !row.isFunction())
    return {};
  for (const Row &each : rows())
    if (each.library.match(row.library->title) && each.section.match(row.group) &&
        each.name.match(row.cuda))
      return each.placement;
  return {};
}

const char *npu::placeName(Place place) {
  switch (place) {
  case Place::Npu:
    return "NPU";
  case Place::OpenCl:
    return "OpenCL";
  case Place::Host:
    return "host";
  case Place::Nowhere:
    break;
  }
  return "-";
}
