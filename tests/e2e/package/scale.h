#pragma once
float scaled(float value, float by); // on the device; negative: an error
