// See data_layout.h.
#include "device/data_layout.h"

#include <string>

namespace npu {

namespace {

// Targets set their layout once, themselves.
struct Layouts : clang::TargetInfo {
  static void set(clang::TargetInfo &target, llvm::StringRef layout) {
    (target.*(&Layouts::resetDataLayout))(layout, "");
  }
  static void alignLongDouble(clang::TargetInfo &target, unsigned char bits) {
    target.*(&Layouts::LongDoubleAlign) = bits;
  }
};

} // namespace

void layOutAsHost(clang::TargetInfo &target) {
  std::string layout = target.getDataLayoutString();
  const std::string rule = "-i128:128";
  if (const size_t at = layout.find(rule); at != std::string::npos)
    Layouts::set(target, layout.erase(at, rule.size()));
  Layouts::alignLongDouble(target, 128);
}

} // namespace npu
