; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; A warp stops at a barrier while it has a lane there, and passes by without.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @leaves_loop(
; CHECK: %lanes = phi <32 x i1>
; CHECK: %[[BITS:.*]] = bitcast <32 x i1> %lanes to i32
; CHECK: call void @__npu_turn(i32 1, i32 0, i32 0, i32 %[[BITS]])
; CHECK: br i1
define void @leaves_loop(i32* %p) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %at = getelementptr i32, i32* %p, i32 %i
  store i32 %t, i32* %at
  call void @llvm.nvvm.barrier0()
  %next = add i32 %i, 1
  %more = icmp ult i32 %next, %t
  br i1 %more, label %loop, label %done
done:
  ret void
}

; CHECK-LABEL: define void @by_warp(
; CHECK: br i1 {{.*}}, label %[[THEN:.*]], label
; CHECK: [[THEN]]:
; CHECK: call void @__npu_turn(
; CHECK: ret void
define void @by_warp(i32* %p) {
entry:
  %w = call i32 @llvm.nvvm.read.ptx.sreg.warpid()
  %first = icmp eq i32 %w, 0
  br i1 %first, label %then, label %done
then:
  call void @llvm.nvvm.barrier0()
  br label %done
done:
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.warpid()
declare void @llvm.nvvm.barrier0()

!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*)* @leaves_loop, !"kernel", i32 1}
!1 = !{void (i32*)* @by_warp, !"kernel", i32 1}
