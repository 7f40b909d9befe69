; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Accesses that are not contiguous are gathers; the rare way of those that are is a loop over lanes, which stays small.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @table.rows(
; CHECK: call <32 x float> @llvm.masked.gather
; CHECK: ret void
define void @table(i32* %indices, float* %table, float* %out) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %place = zext i32 %t to i64
  %at = getelementptr i32, i32* %indices, i64 %place
  %index = load i32, i32* %at
  %wide = sext i32 %index to i64
  %from = getelementptr float, float* %table, i64 %wide
  %v = load float, float* %from
  %sum = fadd float %v, 1.0
  %to = getelementptr float, float* %out, i64 %place
  store float %sum, float* %to
  ret void
}

; An index that may wrap within the warp: each lane computes its address from its own index. Neither way needs
; vectors of addresses.
; CHECK-LABEL: define void @may_wrap.rows(
; CHECK-NOT: <32 x i64>
; CHECK-NOT: <32 x float*>
; CHECK: br i1 %{{.*}}, label %[[FAST:.*]], label %{{.*}}, !prof ![[LIKELY:[0-9]+]]
; CHECK: call i32 @llvm.cttz.i32
; CHECK: sext i32
; CHECK: load float, float*
; CHECK: br i1 %{{.*}}, !llvm.loop ![[ROLLED:[0-9]+]]
; CHECK: ret void
define void @may_wrap(float* %p, float* %out, i32 %first) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %i = add i32 %first, %t
  %wide = sext i32 %i to i64
  %after = add i64 %wide, 3
  %at = getelementptr float, float* %p, i64 %after
  %v = load float, float* %at
  %to = getelementptr float, float* %out, i64 %wide
  store float %v, float* %to
  ret void
}
; CHECK-DAG: ![[ROLLED]] = distinct !{![[ROLLED]], ![[DISABLE:[0-9]+]], !{{[0-9]+}}}
; CHECK-DAG: ![[DISABLE]] = !{!"llvm.loop.unroll.disable"}
; CHECK-DAG: ![[LIKELY]] = !{!"branch_weights",
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*, float*, float*)* @table, !"kernel", i32 1}
!1 = !{void (float*, float*, i32)* @may_wrap, !"kernel", i32 1}
