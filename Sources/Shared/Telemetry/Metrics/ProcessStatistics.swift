/// What `/proc/self/stat` tells about a process, in base units.
struct ProcessStatistics: Equatable {
  var cpuSeconds: Double
  var residentBytes: Double
  var virtualBytes: Double
  /// Seconds after the machine's start.
  var startedAfterBoot: Double

  /// Reads the one line of `/proc/self/stat`; `nil` if it is not of that form.
  ///
  /// The second field is the program's name in parentheses and may itself hold spaces and parentheses, so fields are
  /// counted from the last `)`.
  init?(stat: String, ticksPerSecond: Double, pageSize: Double) {
    guard let end = stat.lastIndex(of: ")") else { return nil }
    // fields[0] is field 3 of proc(5), the state.
    let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let start = Double(fields[19]), let virtual = Double(fields[20]), let pages = Double(fields[21])
    else { return nil }
    cpuSeconds = (user + system) / ticksPerSecond
    startedAfterBoot = start / ticksPerSecond
    virtualBytes = virtual
    residentBytes = pages * pageSize
  }

  /// The machine's start in seconds since 1970, from `/proc/stat`; `nil` without a `btime` line.
  static func bootTime(stat: String) -> Double? {
    stat.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
  }
}
