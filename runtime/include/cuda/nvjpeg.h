// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "nvjpeg.h (image decoding) is not supported: use a host library"
