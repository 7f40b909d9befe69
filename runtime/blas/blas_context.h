// What every BLAS function shares: the library context behind a handle, the outcome of a call, and
// blasEntry, the boundary that checks, traces and keeps exceptions inside the library.
//
// Thread rule: a handle may be used from several threads; a call works on a copy of its settings.
#pragma once

#include "npu/blas.h"
#include "npu/tensor_op.h"
#include "src/core.h"

#include <complex>
#include <cstdint>
#include <functional>
#include <string>

namespace npu::blas {

// A BLAS status code with, when it is not success, one sentence for the log.
class [[nodiscard]] Outcome {
public:
  Outcome() = default;
  Outcome(npublasStatus_t code, std::string message) : statusCode(code), text(std::move(message)) {}
  bool ok() const { return statusCode == NPUBLAS_STATUS_SUCCESS; }
  npublasStatus_t code() const { return statusCode; }
  const std::string &message() const { return text; }

private:
  npublasStatus_t statusCode = NPUBLAS_STATUS_SUCCESS;
  std::string text;
};

inline Outcome invalid(std::string message) {
  return {NPUBLAS_STATUS_INVALID_VALUE, std::move(message)};
}
inline Outcome unsupported(std::string message) {
  return {NPUBLAS_STATUS_NOT_SUPPORTED, std::move(message)};
}
// A failure of the core, in the codes that cuBLAS uses.
Outcome fromCore(const Status &status);

// The settings that a handle carries.
struct Settings {
  npuStream_t stream = nullptr;
  npublasPointerMode_t pointerMode = NPUBLAS_POINTER_MODE_HOST;
  npublasMath_t mathMode = NPUBLAS_DEFAULT_MATH;
  npublasAtomicsMode_t atomicsMode = NPUBLAS_ATOMICS_NOT_ALLOWED;
  int smCountTarget = 0;
  // Remembered only: products are never less accurate than without emulation.
  npublasEmulationStrategy_t emulationStrategy = NPUBLAS_EMULATION_STRATEGY_DEFAULT;
  npuEmulationSpecialValuesSupport specialValues = NPU_EMULATION_SPECIAL_VALUES_SUPPORT_DEFAULT;
  npuEmulationMantissaControl mantissaControl = NPU_EMULATION_MANTISSA_CONTROL_DYNAMIC;
  int mantissaBits = 0, mantissaOffset = 0;

  bool pedantic() const { return (mathMode & 0xf) == NPUBLAS_PEDANTIC_MATH; }
};

// Runs `change` on the live handle's settings; not-initialised when it is null or destroyed.
Outcome withSettings(npublasHandle_t handle, const std::function<void(Settings &)> &change);

// Runs `body` as the API function `name`: logs the call (NPU_LOG=trace) or its failure
// (NPU_LOG=debug, and the logger that npublasLoggerConfigure or npublasSetLoggerCallback set).
npublasStatus_t blasEntry(const char *name, const std::function<Outcome()> &body) noexcept;
// The same for functions of a handle: `body` gets a copy of the settings.
npublasStatus_t blasEntry(const char *name, npublasHandle_t handle,
                          const std::function<Outcome(const Settings &)> &body) noexcept;
// One line of the log at NPU_LOG=debug and trace.
void logDebug(const std::string &line);

// Mapping error unless a kernel can reach `bytes` at `address`; `what` names the argument.
Outcome reachable(const char *what, const void *address, size_t bytes);

// Reads a scalar argument. With device pointer mode it belongs to the stream's order, and a command
// is a value that must hold it: so this waits for the stream first, where cuBLAS would not.
Outcome readScalar(const Settings &settings, const char *what, const void *address, Format format,
                   std::complex<double> &value);

} // namespace npu::blas
