// Names for parts of a program's run, for tools that watch it; without a tool they cost nothing.
// C and C++. See api/annotations.def.
#ifndef NPU_ANNOTATIONS_H
#define NPU_ANNOTATIONS_H

#include <stddef.h>
#include <stdint.h>

#define NPU_NOTE_VERSION 3
#define NPU_NOTE_NO_PUSH_POP_TRACKING (-2)
#define NPU_NOTE_EVENT_ATTRIB_STRUCT_SIZE ((uint16_t)sizeof(npuNoteEventAttributes_t))

#define NPU_NOTE(name) npuNote##name
#define NPU_NOTE_C(name) NPU_NOTE_##name
#include "npu/api/annotations.def"
#undef NPU_NOTE
#undef NPU_NOTE_C

#define npuNoteMark npuNoteMarkA
#define npuNoteRangeStart npuNoteRangeStartA
#define npuNoteRangePush npuNoteRangePushA
#define npuNoteNameCategory npuNoteNameCategoryA
#define npuNoteNameOsThread npuNoteNameOsThreadA
#define npuNoteDomainCreate npuNoteDomainCreateA
#define npuNoteDomainRegisterString npuNoteDomainRegisterStringA
#define npuNoteDomainNameCategory npuNoteDomainNameCategoryA

#endif
