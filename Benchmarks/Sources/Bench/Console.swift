import Foundation

/// Progress goes to standard error, so that standard output holds the figures alone.
enum Console {
  static func note(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
  }

  static func figure(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  /// Says what figures are of: those of different subjects can not be compared.
  static func subject(of figures: String, clusters: Int, rules: Int, environments: Int) {
    note("subject of \(figures): \(clusters) clusters, \(rules) rules, environments per project: \(environments)")
  }
}

/// The machine the figures were seen on.
enum Machine {
  /// Cores, memory and how busy it is: figures of a busy machine say little.
  static var description: String {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let memory = ProcessInfo.processInfo.physicalMemory >> 30
    let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "unknown"
    return "\(model), \(cores) cores, \(memory) GiB, load average \(load)"
  }

  private static var model: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "processor unknown"
  }
}
