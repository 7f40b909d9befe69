// npu::launch: starts a kernel over a grid of blocks. Arguments are converted to the kernel's
// parameter types by the ordinary rules of a call, so a launch behaves like the call that it looks
// like.
#ifndef NPU_DEVICE_LAUNCH_H
#define NPU_DEVICE_LAUNCH_H

#include "npu/runtime.h"

namespace npu {

// Written in braces at a launch: {grid, block, sharedBytes, stream}. The bytes may be of any
// integer type, which braces would otherwise refuse as narrowing.
struct LaunchShape {
  template <class Bytes = size_t>
  LaunchShape(dim3 grid, dim3 block, Bytes sharedBytes = 0, npuStream_t stream = nullptr)
      : grid(grid), block(block), sharedBytes(static_cast<size_t>(sharedBytes)), stream(stream) {}

  dim3 grid;
  dim3 block;
  size_t sharedBytes; // dynamic shared memory
  npuStream_t stream;
};

// Keeps a parameter type out of deduction, so that an argument may be NULL, 0 or {}.
template <class Type> struct AsDeclared {
  using type = Type;
};

// Where an argument lies in the form in which a kernel takes it: a parameter of reference type is
// passed as the address that it refers to.
template <class Parameter> struct PassedArgument {
  explicit PassedArgument(Parameter &value)
      : place(const_cast<void *>(static_cast<const volatile void *>(__builtin_addressof(value)))) {}
  void *address() { return place; }
  void *place;
};

template <class Type> struct PassedArgument<Type &> : PassedArgument<Type> {
  using PassedArgument<Type>::PassedArgument;
  void *address() { return &this->place; }
};

template <class Type> struct PassedArgument<Type &&> : PassedArgument<Type &> {
  using PassedArgument<Type &>::PassedArgument;
};

// Taking the parameters by value through a second type list makes the conversions happen here, and
// keeps them alive until the runtime has copied them.
template <class... Parameters> struct KernelCall {
  void (*kernel)(Parameters...);
  LaunchShape shape;

  npuError_t operator()(Parameters... arguments) const {
    return start(PassedArgument<Parameters>(arguments)...);
  }

  npuError_t start(PassedArgument<Parameters>... passed) const {
    void *pointers[sizeof...(Parameters) + 1] = {passed.address()...};
    return npuLaunchKernel(reinterpret_cast<const void *>(kernel), shape.grid, shape.block,
                           pointers, shape.sharedBytes, shape.stream);
  }
};

// As with <<<>>>, a refused launch is reported by the next npuGetLastError, too.
template <class... Parameters>
inline npuError_t launch(void (*kernel)(Parameters...), const LaunchShape &shape,
                         typename AsDeclared<Parameters>::type... arguments) {
  return KernelCall<Parameters...>{kernel, shape}(static_cast<Parameters &&>(arguments)...);
}

} // namespace npu

// The same launch where npu::launch would need a kernel's address and only the compiler can say
// which kernel that is: it deduces template arguments, picks an overload and adds default
// arguments.
//
//   NPU_LAUNCH(scale, (grid, block), x, 2.0f, n);
//   NPU_LAUNCH((tiled<T, 16>), (grid, block, bytes, stream), x);
#if defined(__CUDA__) && defined(__clang__)
#define NPU_LAUNCH(kernel, shape, ...) kernel<<<NPU_LAUNCH_SHAPE shape>>>(__VA_ARGS__)
#define NPU_LAUNCH_SHAPE(...) __VA_ARGS__
// The same in kernels and device functions, for launches that the runtime makes when the grid has
// ended. A lambda, since Clang 15 lets no other device code launch.
#define NPU_LAUNCH_CHILD(kernel, shape, ...) [&] { NPU_LAUNCH(kernel, shape, __VA_ARGS__); }()
#endif

#endif
