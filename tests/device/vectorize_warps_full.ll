; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Where all lanes of a warp are, it votes for a copy of the code without masks. The vote over a comparison
; takes the warp's last lane; behind it the index is known not to wrap, and needs no check.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @guarded.rows(
; CHECK: %[[SUM:.*]] = call { i32, i1 } @llvm.sadd.with.overflow.i32(i32 %[[FIRST:.*]], i32 31)
; CHECK: icmp slt i32 %{{.*}}, %n
; CHECK: br i1 %{{.*}}, label %then.full, label %partial
; CHECK: then.full:
; CHECK-NEXT: sext i32 %[[FIRST]] to i64
; CHECK-NEXT: getelementptr
; CHECK-NEXT: bitcast
; CHECK-NEXT: load <32 x float>, <32 x float>*
; CHECK: store <32 x float>
; CHECK: call <32 x float> @llvm.masked.load
define void @guarded(float* %p, i32 %first, i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %i = add i32 %first, %t
  %in = icmp slt i32 %i, %n
  br i1 %in, label %then, label %done
then:
  %index = sext i32 %i to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %w = fadd float %v, 1.0
  store float %w, float* %at
  br label %done
done:
  ret void
}

; A loop goes on without masks until a lane leaves; then those that stay go on with masks.
; CHECK-LABEL: define void @loop.rows(
; CHECK: load <32 x float>, <32 x float>*
; CHECK: fadd <32 x float>
; CHECK: call { i32, i1 } @llvm.sadd.with.overflow.i32(
; CHECK: br i1
; CHECK: call <32 x float> @llvm.masked.load
define void @loop(float* %p, float* %result, i32 %n, i32 %stride) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  br label %loop
loop:
  %i = phi i32 [ %t, %entry ], [ %next, %loop ]
  %sum = phi float [ 0.0, %entry ], [ %more, %loop ]
  %index = sext i32 %i to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %more = fadd float %sum, %v
  %next = add i32 %i, %stride
  %again = icmp slt i32 %next, %n
  br i1 %again, label %loop, label %done
done:
  %place = zext i32 %t to i64
  %to = getelementptr float, float* %result, i64 %place
  store float %more, float* %to
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1}
!0 = !{void (float*, i32, i32)* @guarded, !"kernel", i32 1}
!1 = !{void (float*, float*, i32, i32)* @loop, !"kernel", i32 1}
