#include "plugins/common/http/client.hpp"
