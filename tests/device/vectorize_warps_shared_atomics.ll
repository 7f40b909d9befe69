; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; A block runs on one thread: an atomic operation on its own memory is a load and a store for each lane, also
; where the address is a generic one. They stay atomic accesses. Memory of the device needs the operation.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

@bins = internal addrspace(3) global [256 x i32] undef

; The index of each lane is taken from memory, the address made of it in the lane.
; CHECK-LABEL: define void @count.rows(
; CHECK-NOT: atomicrmw
; CHECK: load <32 x i8>, <32 x i8>*
; CHECK: %[[OLD:.*]] = load atomic i32, i32* %{{.*}} monotonic
; CHECK-NEXT: %[[NEW:.*]] = add i32 %[[OLD]], 1
; CHECK-NEXT: store atomic i32 %[[NEW]], i32* %{{.*}} monotonic
; CHECK-NOT: atomicrmw
; CHECK: ret void
define void @count(i8* %values) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i8, i8* %values, i32 %t
  %v = load i8, i8* %at
  %index = zext i8 %v to i64
  %bin = getelementptr [256 x i32], [256 x i32] addrspace(3)* @bins, i64 0, i64 %index
  %generic = addrspacecast i32 addrspace(3)* %bin to i32*
  %old = atomicrmw add i32* %generic, i32 1 seq_cst, align 4
  ret void
}

; CHECK-LABEL: define void @exchange.rows(
; CHECK: load atomic i32, i32 addrspace(3)* %{{.*}} monotonic
; CHECK: icmp eq i32
; CHECK: select i1
; CHECK: store atomic i32 %{{.*}}, i32 addrspace(3)* %{{.*}} monotonic
; CHECK-NOT: cmpxchg
; CHECK: ret void
define void @exchange(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  %v = load i32, i32* %at
  %bin = getelementptr [256 x i32], [256 x i32] addrspace(3)* @bins, i32 0, i32 %v
  %pair = cmpxchg i32 addrspace(3)* %bin, i32 %v, i32 7 seq_cst seq_cst, align 4
  %old = extractvalue { i32, i1 } %pair, 0
  store i32 %old, i32* %at
  ret void
}

; CHECK-LABEL: define void @device_memory.rows(
; CHECK: atomicrmw add i32*
define void @device_memory(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %old = atomicrmw add i32* %p, i32 %t seq_cst, align 4
  ret void
}
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (i8*)* @count, !"kernel", i32 1}
!1 = !{void (i32*)* @exchange, !"kernel", i32 1}
!2 = !{void (i32*)* @device_memory, !"kernel", i32 1}
