; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Every warp of a block reaches every barrier: a loop that threads leave at different times goes on
; while any warp of the block has a lane in it; a condition that differs between warps masks its region.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @leaves_loop(
; CHECK: call void @llvm.nvvm.barrier0()
; CHECK: %lanes = phi <32 x i1>
; CHECK: call void @llvm.nvvm.barrier0()
; CHECK: store i32 %{{.*}}, i32 addrspace(3)*
; CHECK: call void @llvm.nvvm.barrier0()
; CHECK: %any.warp = icmp eq i32
; CHECK: br i1 %any.warp
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

; The same trip count for all: no vote.
; CHECK-LABEL: define void @certain_loop(
; CHECK-NOT: any.warp
; CHECK: ret void
define void @certain_loop(i32* %p, i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %out = icmp ugt i32 %t, 40
  br i1 %out, label %done, label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %at = getelementptr i32, i32* %p, i32 %i
  store i32 %t, i32* %at
  call void @llvm.nvvm.barrier0()
  %next = add i32 %i, 1
  %more = icmp ult i32 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}

; A warp has one number, a block several: the barrier is not branched around.
; CHECK-LABEL: define void @by_warp(
; CHECK-NOT: br i1
; CHECK: call void @llvm.nvvm.barrier0()
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

!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i32*)* @leaves_loop, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @certain_loop, !"kernel", i32 1}
!2 = !{void (i32*)* @by_warp, !"kernel", i32 1}
