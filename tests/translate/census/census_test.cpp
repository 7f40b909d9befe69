// Every function that the headers declare exists: this program refers to each in both spellings and
// so links only against a library that defines them all.
#include "entry_points.h"

#include <gtest/gtest.h>

TEST(Census, BothSpellingsOfEveryRowAreOneFunction) {
  int rows = 0;
  for (; kNeutralEntryPoints[rows].name; ++rows) {
    ASSERT_NE(kCudaEntryPoints[rows].name, nullptr);
    ASSERT_NE(kNeutralEntryPoints[rows].function, nullptr) << kNeutralEntryPoints[rows].name;
    EXPECT_EQ(kNeutralEntryPoints[rows].function, kCudaEntryPoints[rows].function)
        << kCudaEntryPoints[rows].name;
  }
  EXPECT_EQ(kCudaEntryPoints[rows].name, nullptr);
  EXPECT_GT(rows, 100);
}

// A gap looks at no argument, so that it can be called without any; its library's error is not 0.
TEST(Census, EveryGapExistsAndGivesAnError) {
  int rows = 0;
  for (; kGaps[rows].name; ++rows)
    EXPECT_NE(reinterpret_cast<int (*)()>(kGaps[rows].function)(), 0) << kGaps[rows].name;
  EXPECT_GT(rows, 50);
}
