#include "plugins/common/http/ending.hpp"
