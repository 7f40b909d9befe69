// Recognised and not provided. Here so that an installed toolkit's file is never used instead.
#error "texture_indirect_functions.h (textures) is not supported: read plain device memory"
