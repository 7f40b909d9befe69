// Both spellings' entry points, for the census. Each table ends with a null name.
#pragma once

struct EntryPoint {
  const char *name; // the CUDA name
  void (*function)(void);
};

#ifdef __cplusplus
extern "C" {
#endif
extern const struct EntryPoint kNeutralEntryPoints[];
extern const struct EntryPoint kCudaEntryPoints[];
extern const struct EntryPoint kGaps[]; // CUDA's spelling only
#ifdef __cplusplus
}
#endif
