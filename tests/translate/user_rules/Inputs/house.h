#pragma once
typedef int HouseStatus;
HouseStatus houseAlloc(void **p, unsigned long bytes);
void houseProfile(const char *name);
#define HOUSE_CHECK(call) call
