; RUN: npu-opt -pass=kernel-abi -rows %s | FileCheck %s
; Parameters by C's layout rules, then variables' addresses; dynamic shared memory is the second argument.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

%struct.Pair = type { i8, double }

@counter = addrspace(1) externally_initialized global i32 7, align 4
@table = addrspace(4) externally_initialized global [2 x i32*] [i32* addrspacecast (i32 addrspace(1)* @counter to i32*), i32* null], align 8
@dynamic = external addrspace(3) global [0 x float], align 4
@tile = internal addrspace(3) global [16 x float] undef, align 4

; CHECK: @tile = internal addrspace(3) global
; CHECK: define spir_kernel void @k({ [8 x i64] }* byval({ [8 x i64] }) align 16 %[[ARGUMENTS:.*]], i8 addrspace(3)* %[[SHARED:.*]])
; CHECK: getelementptr inbounds i8, i8* %{{.*}}, i32 8
; CHECK: inttoptr i64 %{{.*}} to i32 addrspace(1)*
; CHECK: bitcast i8 addrspace(3)* %[[SHARED]] to [0 x float] addrspace(3)*
; CHECK-NOT: @counter
; CHECK: kernel k arguments=64 threads=1024 shared=64 dynamic=1
; CHECK-NEXT: parameter 0 1
; CHECK-NEXT: parameter 8 16
; CHECK-NEXT: parameter 24 2
; CHECK-NEXT: hidden 32 counter
; CHECK: global counter bytes=4 constant=0 initial=07000000
; CHECK: global table bytes=16 constant=1 initial=00000000000000000000000000000000
; CHECK-NEXT: relocation 0 counter+0
define void @k(i1 zeroext %flag, %struct.Pair* byval(%struct.Pair) align 8 %pair, i16 %small) {
  %field = getelementptr %struct.Pair, %struct.Pair* %pair, i32 0, i32 1
  %value = load double, double* %field
  %single = fptrunc double %value to float
  %index = sext i16 %small to i64
  %address = getelementptr [0 x float], [0 x float] addrspace(3)* @dynamic, i64 0, i64 %index
  store float %single, float addrspace(3)* %address
  %other = getelementptr [16 x float], [16 x float] addrspace(3)* @tile, i64 0, i64 %index
  store float %single, float addrspace(3)* %other
  %count = load i32, i32* addrspacecast (i32 addrspace(1)* @counter to i32*)
  %next = add i32 %count, 1
  %chosen = select i1 %flag, i32 %next, i32 0
  store i32 %chosen, i32* addrspacecast (i32 addrspace(1)* @counter to i32*)
  ret void
}
!nvvm.annotations = !{!0}
!0 = !{void (i1, %struct.Pair*, i16)* @k, !"kernel", i32 1}
