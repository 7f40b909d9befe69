; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi %s | FileCheck %s
; An execution is a block: it runs its warps one after the other, each to the next barrier or to its
; end, as long as one is left. Shared memory follows the second argument's address.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

@tile = internal addrspace(3) global [100 x i32] undef, align 4
@more = external addrspace(3) global [0 x i32], align 4

; CHECK-LABEL: define spir_kernel void @straight(
; CHECK-NOT: local_id
; CHECK: %number = phi i32 [ 0, %{{.*}} ], [ %[[NEXT:.*]], %
; CHECK: shl nuw nsw i32 %number, 5
; CHECK: %[[NEXT]] = add nuw nsw i32 %number, 1
; CHECK: %[[END:.*]] = icmp eq i32 %[[NEXT]], %
; CHECK: br i1 %[[END]], label %{{.*}}, label %{{.*}}, !llvm.loop
; CHECK: }
define void @straight(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %index = zext i32 %t to i64
  %at = getelementptr i32, i32* %p, i64 %index
  store i32 %t, i32* %at
  ret void
}

; 400 bytes of static memory, the dynamic one behind it.
; CHECK-LABEL: define spir_kernel void @stops(
; CHECK-DAG: getelementptr inbounds i8, i8 addrspace(3)* %dynamicShared, i64 0
; CHECK-DAG: getelementptr inbounds i8, i8 addrspace(3)* %dynamicShared, i64 400
; CHECK: %frames = alloca i{{[0-9]+}}, i64 %{{.*}}, align 256
; CHECK: round:
; CHECK: load i32
; CHECK: {{lshr i32|shl i32 1,}}
; CHECK: }
; CHECK-NOT: call {{.*}}barrier
define void @stops(i32* %p) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %own = getelementptr [100 x i32], [100 x i32] addrspace(3)* @tile, i32 0, i32 %t
  store i32 %t, i32 addrspace(3)* %own
  %behind = getelementptr [0 x i32], [0 x i32] addrspace(3)* @more, i32 0, i32 %t
  store i32 %t, i32 addrspace(3)* %behind
  call void @llvm.nvvm.barrier0()
  %first = load i32, i32 addrspace(3)* getelementptr ([100 x i32], [100 x i32] addrspace(3)* @tile, i32 0, i32 7)
  %at = getelementptr i32, i32* %p, i32 %t
  store i32 %first, i32* %at
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1}
!0 = !{void (i32*)* @straight, !"kernel", i32 1}
!1 = !{void (i32*)* @stops, !"kernel", i32 1}
