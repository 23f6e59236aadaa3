/// Why the service can not start: the variable at fault, what was found, what is wanted.
struct StartError: Error, CustomStringConvertible {
  let description: String

  init(_ variable: String, _ found: String, wanted: String) {
    description = "\(variable): \(found); \(wanted)"
  }
}
