; RUN: npu-opt -pass=rejoin-loops %s | FileCheck %s
; Two loops with a barrier that threads leave and come back to are one.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define void @divided(
; CHECK: round:
; CHECK: %[[ITEM:.*]] = phi i32 [ undef, %[[FIRST:.*]] ], [ %more, %[[BACK:.*]] ], [ %more, %[[STAY:.*]] ]
; CHECK-NEXT: %stays = phi i1 [ true, %[[STAY]] ], [ false, %[[BACK]] ], [ false, %[[FIRST]] ]
; CHECK-NEXT: br i1 %stays, label %work, label %start
; CHECK: start:
; CHECK-NEXT: br i1 %first, label %take, label %work
; CHECK: work:
; CHECK-NEXT: phi i32 [ %[[ITEM]], %round ], [ %taken, %take ], [ 0, %start ]
; CHECK: call void @llvm.nvvm.barrier0()
; CHECK: br i1 %first, label %give, label %[[STAY]]
; CHECK: give:
; CHECK: br label %[[BACK]]
define void @divided(i32* %next, i32* %count) {
entry:
  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %thread, 0
  br label %start
start:
  br i1 %first, label %take, label %work
take:
  %taken = atomicrmw add i32* %next, i32 1 monotonic
  br label %work
work:
  %item = phi i32 [ %taken, %take ], [ 0, %start ], [ %more, %done ]
  call void @llvm.nvvm.barrier0()
  %over = load volatile i32, i32* %next
  %end = icmp sgt i32 %over, 100
  br i1 %end, label %leave, label %done
done:
  %more = add i32 %item, 1
  br i1 %first, label %give, label %work
give:
  %old = atomicrmw add i32* %count, i32 %item monotonic
  br label %start
leave:
  ret void
}

; A value between the beginnings of the loops, and a block that goes to both: those that stay keep
; what they have.
; CHECK-LABEL: define void @kept(
; CHECK: round:
; CHECK: %[[MINE:mine.*]] = phi i32 [ undef, %[[IN:.*]] ], [ %[[MINE_THEN:.*]], %{{.*}} ], [ %[[MINE_THEN]], %[[ON:.*]] ]
; CHECK-NEXT: %[[COUNT:count.*]] = phi i32 [ undef, %[[IN]] ], [ %[[COUNT_THEN:.*]], %{{.*}} ], [ %[[COUNT_THEN]], %[[ON]] ]
; CHECK-NEXT: %stays = phi i1 [ true, %[[ON]] ]
; CHECK: work:
; CHECK-NEXT: %[[MINE_THEN]] = phi i32 [ %[[MINE]], %round ], [ %{{.*}}, %enter ]
; CHECK-NEXT: %[[COUNT_THEN]] = phi i32 [ %[[COUNT]], %round ], [ %{{.*}}, %enter ]
; CHECK: store volatile i32 %[[MINE_THEN]], i32* %out
; CHECK: add i32 %[[COUNT_THEN]], 1
define void @kept(i32* %next, i32* %out) {
entry:
  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %thread, 0
  br label %start
start:
  %count = phi i32 [ 0, %entry ], [ %added, %work ]
  br i1 %first, label %take, label %enter
take:
  store volatile i32 %count, i32* %next
  br label %enter
enter:
  %mine = phi i32 [ %count, %take ], [ -1, %start ]
  br label %work
work:
  call void @llvm.nvvm.barrier0()
  store volatile i32 %mine, i32* %out
  %added = add i32 %count, 1
  br i1 %first, label %start, label %work
}

; A loop that all threads leave together, and one in which no lane meets another, stay.
; CHECK-LABEL: define void @nested(
; CHECK-NOT: round
; CHECK: }
define void @nested(i32* %p, i1 %flag) {
entry:
  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %thread, 0
  br label %outer
outer:
  br label %inner
inner:
  call void @llvm.nvvm.barrier0()
  br i1 %flag, label %after, label %inner
after:
  br label %alone
alone:
  %old = atomicrmw add i32* %p, i32 1 monotonic
  br i1 %first, label %latch, label %alone
latch:
  br label %outer
}

; Threads for which the condition is true go past its test: the loop that they make has no header.
; CHECK-LABEL: define void @skipping(
; CHECK: round:
; CHECK: %stays = phi i1 [ true, %[[SKIP:.*]] ], [ false, %{{.*}} ], [ false, %{{.*}} ]
; CHECK-NEXT: br i1 %stays, label %take, label %start
; CHECK: done:
; CHECK-NEXT: br i1 %first, label %[[SKIP]], label %other
define void @skipping(i32* %next, i32* %out) {
entry:
  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %first = icmp eq i32 %thread, 0
  br label %start
start:
  br i1 %first, label %take, label %wait
take:
  %taken = atomicrmw add i32* %next, i32 1 monotonic
  br label %work
wait:
  store volatile i32 0, i32* %out
  br label %work
work:
  call void @llvm.nvvm.barrier0()
  %over = load volatile i32, i32* %next
  %end = icmp sgt i32 %over, 100
  br i1 %end, label %leave, label %done
done:
  br i1 %first, label %take, label %other
other:
  store volatile i32 1, i32* %out
  br label %start
leave:
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0() convergent

!nvvm.annotations = !{!0, !1, !2, !3}
!0 = !{void (i32*, i32*)* @divided, !"kernel", i32 1}
!1 = !{void (i32*, i1)* @nested, !"kernel", i32 1}
!2 = !{void (i32*, i32*)* @kept, !"kernel", i32 1}
!3 = !{void (i32*, i32*)* @skipping, !"kernel", i32 1}
