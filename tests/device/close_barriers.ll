; RUN: npu-opt -pass=close-barriers %s | FileCheck %s
; What is under a condition and has a barrier in it ends with one, for all ways out of it.
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @condition(
; CHECK: inside:
; CHECK-NEXT: call void @llvm.nvvm.barrier0()
; CHECK: br i1 %some, label %more, label %join.close
; CHECK: more:
; CHECK: br label %join.close
; CHECK: join.close:
; CHECK-NEXT: %[[VALUE:.*]] = phi i32 [ 2, %more ], [ 1, %inside ]
; CHECK-NEXT: call void @llvm.nvvm.barrier0()
; CHECK-NEXT: br label %join
; CHECK: join:
; CHECK-NEXT: phi i32 [ 0, %entry ], [ %[[VALUE]], %join.close ]
define void @condition(i32* %p, i1 %all) {
entry:
  br i1 %all, label %inside, label %join
inside:
  call void @llvm.nvvm.barrier0()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %some = icmp eq i32 %t, 3
  br i1 %some, label %more, label %join
more:
  store i32 5, i32* %p
  br label %join
join:
  %v = phi i32 [ 0, %entry ], [ 1, %inside ], [ 2, %more ]
  store i32 %v, i32* %p
  ret void
}

; Loops and straight code need none, and one is enough.
; CHECK-LABEL: define void @loop(
; CHECK-COUNT-1: call void @llvm.nvvm.barrier0()
; CHECK-NOT: barrier0
; CHECK-LABEL: define void @closed(
; CHECK-COUNT-2: call void @llvm.nvvm.barrier0()
; CHECK-NOT: call void @llvm.nvvm.barrier0
; CHECK: ret void
define void @loop(i32* %p, i32 %n) {
entry:
  br label %head
head:
  %i = phi i32 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i32 %i, %n
  br i1 %more, label %body, label %end
body:
  call void @llvm.nvvm.barrier0()
  store i32 %i, i32* %p
  %next = add i32 %i, 1
  br label %head
end:
  ret void
}
define void @closed(i32* %p, i1 %all) {
entry:
  br i1 %all, label %inside, label %join
inside:
  call void @llvm.nvvm.barrier0()
  store i32 5, i32* %p
  call void @llvm.nvvm.barrier0()
  br label %join
join:
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i32*, i1)* @condition, !"kernel", i32 1}
!1 = !{void (i32*, i32)* @loop, !"kernel", i32 1}
!2 = !{void (i32*, i1)* @closed, !"kernel", i32 1}
