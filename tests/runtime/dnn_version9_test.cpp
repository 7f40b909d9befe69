// A source that asks for version 9 is answered with it.
#define NPUDNN_MAJOR 9
#include "npu/dnn.h"

#include <gtest/gtest.h>

TEST(DnnVersion9, TheLibraryIsOfTheVersionThatTheSourceAsksFor) {
  EXPECT_EQ(npudnnGetVersion(), size_t(NPUDNN_VERSION));
  int major = 0, minor = 0, patch = 0;
  EXPECT_EQ(npudnnGetProperty(MAJOR_VERSION, &major), NPUDNN_STATUS_SUCCESS);
  EXPECT_EQ(npudnnGetProperty(MINOR_VERSION, &minor), NPUDNN_STATUS_SUCCESS);
  EXPECT_EQ(npudnnGetProperty(PATCH_LEVEL, &patch), NPUDNN_STATUS_SUCCESS);
  EXPECT_EQ(major, NPUDNN_MAJOR);
  EXPECT_EQ(minor, NPUDNN_MINOR);
  EXPECT_EQ(patch, NPUDNN_PATCHLEVEL);
}
