#pragma once
// Stands on its own only behind FACTOR, which the build defines.
const float kFactor = FACTOR;
float *allocate(int count);
