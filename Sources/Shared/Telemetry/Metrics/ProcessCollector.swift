@preconcurrency import Glibc

/// The `process_…` metrics that Prometheus users expect, from `/proc`.
///
/// These files live in memory: reading them takes microseconds, so it is done on the request's task.
struct ProcessCollector: MetricsCollector {
  private let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
  private let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
  /// Read once: `btime` moves when the civil clock is set, and a start time must not.
  private let bootTime = readText("/proc/stat").flatMap(ProcessStatistics.bootTime)

  func collect() -> [MetricFamily] {
    var families = descriptorFamilies
    guard let stat = readText("/proc/self/stat"),
      let process = ProcessStatistics(stat: stat, ticksPerSecond: ticksPerSecond, pageSize: pageSize)
    else { return families }
    families += [
      .counter(
        "process_cpu_seconds_total", help: "User and system CPU time in seconds.", [(.empty, process.cpuSeconds)]),
      .gauge("process_resident_memory_bytes", help: "Resident memory in bytes.", [(.empty, process.residentBytes)]),
      .gauge("process_virtual_memory_bytes", help: "Virtual memory in bytes.", [(.empty, process.virtualBytes)]),
    ]
    if let bootTime {
      families.append(
        .gauge(
          "process_start_time_seconds", help: "Start of the process in seconds since 1970, UTC.",
          [(.empty, bootTime + process.startedAfterBoot)]))
    }
    return families
  }

  private var descriptorFamilies: [MetricFamily] {
    var families: [MetricFamily] = []
    if let open = countEntries("/proc/self/fd") {
      // One of them is the listing's own.
      families.append(
        .gauge("process_open_fds", help: "Open file descriptors.", [(.empty, Double(max(0, open - 1)))]))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      families.append(
        .gauge("process_max_fds", help: "Most file descriptors it may open.", [(.empty, Double(limit.rlim_cur))]))
    }
    return families
  }
}

private func readText(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var content: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0 { return nil }
    if count == 0 { return String(decoding: content, as: UTF8.self) }
    content.append(contentsOf: buffer[..<count])
  }
}

private func countEntries(_ path: String) -> Int? {
  guard let directory = opendir(path) else { return nil }
  defer { closedir(directory) }
  var count = 0
  while readdir(directory) != nil { count += 1 }
  return count - 2  // "." and ".."
}
