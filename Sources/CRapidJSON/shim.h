// The headers are C++ and templates: CJSONEvents uses them. This is where they are found.
#pragma once
