// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cusolverDn.h (dense solvers) is not supported: use a host library"
