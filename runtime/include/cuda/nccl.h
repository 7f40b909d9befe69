// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "nccl.h (collectives) is not supported: use one device"
