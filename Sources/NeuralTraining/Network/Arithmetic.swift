import Platform

// The C library's functions under names that say what they are, in double precision.
func exponential(_ x: Double) -> Double { exp(x) }
func naturalLogarithm(_ x: Double) -> Double { log(x) }
func powered(_ x: Double, _ y: Double) -> Double { pow(x, y) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
func cosine(_ x: Double) -> Double { cos(x) }
