#include "tests/unit/plugins/common/http/fixture.hpp"
