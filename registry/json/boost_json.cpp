// Boost.JSON comes as headers; its functions are compiled here, once.
#include <boost/json/src.hpp>
