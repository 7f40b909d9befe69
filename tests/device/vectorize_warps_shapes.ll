; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; What is the same in a warp, and what is a pattern, in the variants for usual block shapes.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; The warp's number in the block: one scalar, where rows are whole warps.
; CHECK-LABEL: define void @warp_number.rows(
; CHECK-NOT: <32 x i32>
; CHECK: store i32
define void @warp_number(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %warp = lshr i32 %t, 5
  %index = zext i32 %warp to i64
  %at = getelementptr i32, i32* %p, i64 %index
  store i32 %warp, i32* %at
  ret void
}

; A lane's number within the warp starts at 0 whatever the warp: contiguous.
; CHECK-LABEL: define void @lane_number.rows(
; CHECK-NOT: gather
; CHECK: load <32 x float>
define void @lane_number(float* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %lane = and i32 %t, 31
  %index = zext i32 %lane to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %sum = fadd float %v, 1.0
  store float %sum, float* %at
  ret void
}

; The first warp only: no mask, a branch.
; CHECK-LABEL: define void @first_warp.rows(
; CHECK: icmp ult i32
; CHECK: br i1
; CHECK: store <32 x i32>
define void @first_warp(i32* %p) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %small = icmp ult i32 %t, 32
  br i1 %small, label %then, label %done
then:
  %index = zext i32 %t to i64
  %at = getelementptr i32, i32* %p, i64 %index
  store i32 %t, i32* %at
  br label %done
done:
  ret void
}

; Lanes that differ in the sign bit: an order of signed values tells them apart, and values that wrap
; between lanes are no pattern in a wider type.
; CHECK-LABEL: define void @sign_bit.rows(
; CHECK: store <32 x i32> {{.*}}, i32 2013265920, i32 7, i32 7,
; CHECK: store <32 x i64> {{.*}}, i64 2013265920, i64 -2147483648,
define void @sign_bit(i64* %p, i32* %q) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %top = shl i32 %t, 27
  %below = icmp slt i32 %top, 0
  %value = select i1 %below, i32 7, i32 %top
  %index = zext i32 %t to i64
  %a = getelementptr i32, i32* %q, i64 %index
  store i32 %value, i32* %a
  %wide = sext i32 %top to i64
  %b = getelementptr i64, i64* %p, i64 %index
  store i64 %wide, i64* %b
  ret void
}

; Blocks of 16 columns: two rows a warp, each contiguous, whatever lies between them.
; CHECK-LABEL: define void @plane.rows16(
; CHECK: load <16 x float>
; CHECK: load <16 x float>
; CHECK-NOT: gather
; CHECK: store <16 x float>
; CHECK: store <16 x float>
; CHECK-LABEL: define void @plane.rows8(
; CHECK-COUNT-4: load <8 x float>
; CHECK-COUNT-4: store <8 x float>
define void @plane(float* %p, i32 %pitch) {
  %x = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %y = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %row = mul nsw i32 %y, %pitch
  %sum = add nsw i32 %row, %x
  %index = sext i32 %sum to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %more = fadd float %v, 1.0
  store float %more, float* %at
  ret void
}

; One element for all lanes of a row.
; CHECK-LABEL: define void @row_value.rows16(
; CHECK: load float
; CHECK: load float
; CHECK-NOT: gather
define void @row_value(float* %p, float* %out) {
  %x = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %y = call i32 @llvm.nvvm.read.ptx.sreg.tid.y()
  %from = zext i32 %y to i64
  %source = getelementptr float, float* %p, i64 %from
  %v = load float, float* %source
  %first = shl i32 %y, 4
  %linear = or i32 %first, %x
  %index = sext i32 %linear to i64
  %at = getelementptr float, float* %out, i64 %index
  store float %v, float* %at
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.y()
!nvvm.annotations = !{!0, !1, !2, !3, !4, !5}
!0 = !{void (i32*)* @warp_number, !"kernel", i32 1}
!1 = !{void (float*)* @lane_number, !"kernel", i32 1}
!2 = !{void (i32*)* @first_warp, !"kernel", i32 1}
!3 = !{void (float*, i32)* @plane, !"kernel", i32 1}
!4 = !{void (float*, float*)* @row_value, !"kernel", i32 1}
!5 = !{void (i64*, i32*)* @sign_bit, !"kernel", i32 1}
