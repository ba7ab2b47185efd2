#include "plugins/common/http/gzip.hpp"
