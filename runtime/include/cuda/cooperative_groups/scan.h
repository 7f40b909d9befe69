// Recognised and not provided, so that an installed toolkit's file is never used instead.
#error "cooperative_groups/scan.h is not supported: write the loop in the kernel"
