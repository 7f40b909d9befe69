// The words of the kernel dialect: where code and data live. In CUDA mode they are Clang's
// attributes; in plain C and C++ they vanish, so that one header can serve both sides of a program.
#ifndef NPU_DEVICE_ATTRIBUTES_H
#define NPU_DEVICE_ATTRIBUTES_H

#if defined(__CUDA__) && defined(__clang__)
#define NPU_KERNEL __attribute__((global))
#define NPU_DEVICE __attribute__((device))
#define NPU_HOST __attribute__((host))
#define NPU_HOST_DEVICE __attribute__((host)) __attribute__((device))
#define NPU_SHARED __attribute__((shared))
#define NPU_CONSTANT __attribute__((constant))
// Host and device share memory, so the one copy of a managed variable is the host's. The section
// tells the device compiler which variables those are.
#define NPU_MANAGED __attribute__((device)) __attribute__((section("npu_managed")))
// The third bound, of blocks of a cluster, means nothing here.
#define NPU_LAUNCH_BOUNDS(...)                                                                     \
  __attribute__((                                                                                  \
      launch_bounds(::npu::bounds::threads(__VA_ARGS__), ::npu::bounds::blocks(__VA_ARGS__))))
#define NPU_CLUSTER_DIMS(...) __attribute__((annotate("npu.cluster", __VA_ARGS__)))
#define NPU_REFERENCE(kind) __attribute__((device_builtin_##kind##_type))
#else
#define NPU_KERNEL
#define NPU_DEVICE
#define NPU_HOST
#define NPU_HOST_DEVICE
#define NPU_SHARED
#define NPU_CONSTANT
#define NPU_MANAGED
#define NPU_LAUNCH_BOUNDS(...)
#define NPU_CLUSTER_DIMS(...)
#define NPU_REFERENCE(kind)
#endif

#if defined(__CUDA__) && defined(__clang__) && defined(__cplusplus)
namespace npu {
namespace bounds {
constexpr unsigned threads(unsigned threads, unsigned = 0, unsigned = 0) { return threads; }
constexpr unsigned blocks(unsigned, unsigned blocks = 0, unsigned = 0) { return blocks; }
} // namespace bounds
} // namespace npu
#endif

// CUDA's compilers take alignas behind __shared__ and such (`__shared__ alignas(16) float x[8]`);
// Clang takes only an attribute of the other kind there, which has no form for types. Behind the
// name of a type, parentheses hold a type's parameters or a value that is converted, whatever
// stands in it: alignas(n > 16 ? 16 : n).
#if defined(__CUDA__) && defined(__clang__) && defined(__cplusplus)
namespace npu {
namespace alignment {
using Value = unsigned long;
constexpr Value larger(Value a) { return a; }
template <class... More> constexpr Value larger(Value a, Value b, More... more) {
  return larger(a < b ? b : a, more...);
}
template <class Function> struct Parameters;
template <class... Types> struct Parameters<Value(Types...)> {
  static constexpr Value alignment = larger(1, alignof(Types)...);
};
template <class Function> constexpr Value of() { return Parameters<Function>::alignment; }
template <Value value> constexpr Value of() { return larger(1, value); }
} // namespace alignment
} // namespace npu
#define alignas(...)                                                                               \
  __attribute__((aligned(::npu::alignment::of<::npu::alignment::Value(__VA_ARGS__)>())))
#endif

#define NPU_FORCEINLINE __inline__ __attribute__((always_inline))
#define NPU_NOINLINE __attribute__((noinline))
#define NPU_ALIGN(bytes) __attribute__((aligned(bytes)))
// A kernel parameter that is never written and lives in constant memory; kernel parameters here
// always behave so when they are not written.
#define NPU_GRID_CONSTANT
#define NPU_RESTRICT __restrict__

// Calling conventions, which mean something on other systems only.
#define NPU_API
#define NPU_CB

#endif
