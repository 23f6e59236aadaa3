import Kafka
import Logging
import NIOConcurrencyHelpers

/// Whether what is decided comes through.
extension TopicReader {
  /// A look is two questions to each leader of the topic's partitions.
  private static let longestLook: Duration = .seconds(10)

  /// Where the way to one of the leaders is cut, the client waits for as long as that lasts, and tells nobody: it looks like
  /// a topic on which nothing happens.
  func watchProgress(_ consumer: KafkaConsumer) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: service.lookInterval)
      guard !Task.isCancelled else { return }
      await lookForProgress(consumer)
    }
  }

  private func lookForProgress(_ consumer: KafkaConsumer) async {
    do {
      let marks = try await consumer.watermarks(within: min(service.lookInterval, Self.longestLook))
      guard let partition = positions.withLockedValue({ $0.findStandstill(at: marks) }) else {
        return service.busHealth.pass(.progress)
      }
      service.busHealth.degraded(
        .progress, "des décisions sont sur le bus et n'arrivent pas : celles qui sont connues restent appliquées")
      service.logger.warning(
        "The topic holds more than arrives", metadata: ["zone": "\(service.zone)", "partition": "\(partition)"])
    } catch {
      guard !Task.isCancelled else { return }
      service.busHealth.degraded(
        .progress, "le bus ne répond pas pour toutes les décisions : celles qui sont connues restent appliquées")
      service.logger.warning(
        "The topic's ends can not be had: more may be decided than arrives",
        metadata: ["zone": "\(service.zone)", "error": "\(error)"])
    }
  }
}
