import CRdKafka
import Logging
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct ErrorTests {
  @Test(arguments: [
    (RD_KAFKA_RESP_ERR__TRANSPORT, KafkaError.Code.transport, true),
    (RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, .timedOut, true),
    (RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, .other, true),
    (RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .messageTooLarge, false),
    (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .authorization, false),
    (RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, .authentication, false),
    (RD_KAFKA_RESP_ERR__FENCED, .fenced, false),
    (RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, .purged, false),
    (RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, .offsetOutOfRange, false),
    (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .unknownTopic, false),
  ])
  func `codes are classified`(library: rd_kafka_resp_err_t, code: KafkaError.Code, isRetriable: Bool) {
    let error = KafkaError(rdKafka: library)
    #expect(error.code == code)
    #expect(error.isRetriable == isRetriable)
    #expect(error.rdKafkaCode == library.rawValue)
    #expect("_\(error.name)".hasSuffix(String(cString: rd_kafka_err2name(library))))
  }

  @Test func `a fatal error is never retriable`() {
    #expect(!KafkaError(rdKafka: RD_KAFKA_RESP_ERR__TRANSPORT, isFatal: true).isRetriable)
  }

  @Test func `the description names code, library name and message`() {
    let error = KafkaError(rdKafka: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    #expect(error.description == "Kafka: timedOut (_MSG_TIMED_OUT): Local: Message timed out")
    #expect(KafkaError.closed("producer").description == "Kafka: closed: the producer is closed")
  }

  @Test func `the eight levels of syslog keep their order`() {
    let levels = (0...7).map { ClientObserver.level(syslog: $0) }
    #expect(levels == [.critical, .critical, .critical, .error, .warning, .notice, .info, .debug])
  }
}
