; RUN: not npu-opt -pass=check-barriers %s 2>&1 | FileCheck %s
; Each kernel guards a barrier by something that differs between threads.
target triple = "nvptx64-nvidia-cuda"

; CHECK-DAG: error: in 'early_return': a barrier under a condition that may differ between the threads of a block{{.*}} [npu-divergent-barrier]
define void @early_return(i32 %n) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %out = icmp sge i32 %t, %n
  br i1 %out, label %leave, label %stay
leave:
  ret void
stay:
  call void @llvm.nvvm.barrier0()
  ret void
}

; CHECK-DAG: error: in 'trip_count': a barrier under a condition
define void @trip_count(i32* %counts) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %address = getelementptr i32, i32* %counts, i32 %t
  %end = load i32, i32* %address
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  call void @llvm.nvvm.barrier0()
  %next = add i32 %i, 1
  %more = icmp slt i32 %next, %end
  br i1 %more, label %loop, label %done
done:
  ret void
}

; CHECK-DAG: error: in 'atomic': a barrier under a condition
define void @atomic(i32* %ticket) {
entry:
  %old = atomicrmw add i32* %ticket, i32 1 seq_cst
  %first = icmp eq i32 %old, 0
  br i1 %first, label %then, label %done
then:
  call void @llvm.nvvm.barrier0()
  br label %done
done:
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i32)* @early_return, !"kernel", i32 1}
!1 = !{void (i32*)* @trip_count, !"kernel", i32 1}
!2 = !{void (i32*)* @atomic, !"kernel", i32 1}
