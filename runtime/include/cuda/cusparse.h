// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "cusparse.h (sparse matrices) is not supported: use a host library"
