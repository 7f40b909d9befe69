; RUN: npu-opt -pass=define-results %s | FileCheck %s
; Shifts, divisions and conversions of any operands have a result; constants that need no guard get
; none.
target triple = "nvptx64-nvidia-cuda"

define i32 @shifts(i32 %v, i32 %n) {
; CHECK-LABEL: @shifts
; CHECK: [[FITS:%.*]] = icmp ult i32 %n, 32
; CHECK: [[LEFT:%.*]] = shl i32 %v, %n
; CHECK: select i1 [[FITS]], i32 [[LEFT]], i32 0
; CHECK: [[AMOUNT:%.*]] = select i1 {{.*}}, i32 %n, i32 31
; CHECK: ashr i32 %v, [[AMOUNT]]
; CHECK: lshr i32 %v, 5
  %a = shl i32 %v, %n
  %b = ashr i32 %v, %n
  %c = lshr i32 %v, 5
  %d = add i32 %a, %b
  %e = add i32 %d, %c
  ret i32 %e
}

define i32 @divisions(i32 %v, i32 %d) {
; CHECK-LABEL: @divisions
; CHECK: [[ZERO:%.*]] = icmp eq i32 %d, 0
; CHECK: [[SAFE:%.*]] = select i1 [[ZERO]], i32 1, i32 %d
; CHECK: [[QUOTIENT:%.*]] = udiv i32 %v, [[SAFE]]
; CHECK: select i1 [[ZERO]], i32 -1, i32 [[QUOTIENT]]
; CHECK-NOT: select
; CHECK: sdiv i32 {{.*}}, 7
  %a = udiv i32 %v, %d
  %b = sdiv i32 %a, 7
  ret i32 %b
}

define i8 @conversions(float %f, double %d, i32* %out) {
; CHECK-LABEL: @conversions
; CHECK: [[WORD:%.*]] = call i32 @llvm.fptoui.sat.i32.f64(double %d)
; CHECK: [[NONE:%.*]] = fcmp uno double %d, %d
; CHECK: select i1 [[NONE]], i32 -2147483648, i32 [[WORD]]
; CHECK: [[SIGNED:%.*]] = call i32 @llvm.fptosi.sat.i32.f32(float %f)
; CHECK: trunc i32 [[SIGNED]] to i8
  %a = fptoui double %d to i32
  store i32 %a, i32* %out
  %b = fptosi float %f to i8
  ret i8 %b
}
