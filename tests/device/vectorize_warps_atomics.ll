; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Atomic updates of one place by all lanes of a warp are one update, if any lane is on.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @total(
; CHECK: br i1 %{{.*}}, label %once.done, label %once
; CHECK: %[[LANES:.*]] = select <32 x i1> %{{.*}}, <32 x i32> %{{.*}}, <32 x i32> zeroinitializer
; CHECK: %[[SUM:.*]] = call i32 @llvm.vector.reduce.add.v32i32(<32 x i32> %[[LANES]])
; CHECK: atomicrmw add i32* %p, i32 %[[SUM]] seq_cst
; CHECK-NOT: atomicrmw
; CHECK: ret void
define void @total(i32* %p, i32* %values) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %values, i32 %t
  %v = load i32, i32* %at
  %old = atomicrmw add i32* %p, i32 %v seq_cst, align 4
  ret void
}

; What the lanes find includes the lanes before them.
; CHECK-LABEL: define void @places(
; CHECK: call i32 @llvm.ctpop.i32(
; CHECK: atomicrmw add i32* %p
; CHECK: call <32 x i32> @llvm.ctpop.v32i32(
; CHECK-NOT: atomicrmw
; CHECK: ret void
define void @places(i32* %p, i32* %values) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %old = atomicrmw add i32* %p, i32 3 seq_cst, align 4
  %at = getelementptr i32, i32* %values, i32 %t
  store i32 %old, i32* %at
  ret void
}

; Floats are added in pairs.
; CHECK-LABEL: define void @floats(
; CHECK-COUNT-5: fadd <{{.*}} x float>
; CHECK: atomicrmw fadd float* %p
define void @floats(float* %p, float* %values) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr float, float* %values, i32 %t
  %v = load float, float* %at
  %old = atomicrmw fadd float* %p, float %v seq_cst, align 4
  ret void
}

; A minimum whose old values are wanted goes lane by lane.
; CHECK-LABEL: define void @wanted(
; CHECK-NOT: vector.reduce
; CHECK: call i32 @llvm.cttz.i32(
; CHECK: atomicrmw min i32* %p
; CHECK: ret void
define void @wanted(i32* %p, i32* %values) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %old = atomicrmw min i32* %p, i32 %t seq_cst, align 4
  %at = getelementptr i32, i32* %values, i32 %t
  store i32 %old, i32* %at
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1, !2, !3}
!0 = !{void (i32*, i32*)* @total, !"kernel", i32 1}
!1 = !{void (i32*, i32*)* @places, !"kernel", i32 1}
!2 = !{void (float*, float*)* @floats, !"kernel", i32 1}
!3 = !{void (i32*, i32*)* @wanted, !"kernel", i32 1}
