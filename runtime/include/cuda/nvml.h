// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "nvml.h (device management) is not supported: use cudaGetDeviceProperties"
