// How conversions to small floating-point formats round.
#ifndef NPU_ROUND_MODE_H
#define NPU_ROUND_MODE_H

typedef enum npuRoundMode {
  npuRoundNearest, // ties to even
  npuRoundZero,
  npuRoundPosInf,
  npuRoundMinInf
} npuRoundMode;

#endif
