// See host_names.h.
#include "device/host_names.h"

using namespace llvm;

namespace npu {

namespace {

constexpr unsigned kGlobalSpace = 1, kConstantSpace = 4;

// Not a constant, which the host cannot change, nor a function's own static variable (_ZZ...),
// which the host cannot name.
bool mayBelongToHost(const GlobalVariable &variable) {
  return variable.hasInternalLinkage() && !variable.isConstant() &&
         (variable.getAddressSpace() == kGlobalSpace ||
          variable.getAddressSpace() == kConstantSpace) &&
         !variable.getName().startswith("_ZZ");
}

} // namespace

void countInternalNames(const Module &module, InternalNames &names) {
  for (const GlobalVariable &variable : module.globals())
    if (mayBelongToHost(variable))
      ++names[variable.getName()];
}

void exposeInternalVariables(Module &module, const InternalNames &names) {
  for (GlobalVariable &variable : module.globals()) {
    if (!mayBelongToHost(variable) || names.lookup(variable.getName()) != 1)
      continue;
    variable.setLinkage(GlobalValue::ExternalLinkage);
    variable.setDSOLocal(true);
    variable.setExternallyInitialized(true);
  }
}

} // namespace npu
