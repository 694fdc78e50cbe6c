// Reads a topic with the deserializer of Cloudera's registry: partition, offset, key and value of each message, with
// tabs between them. usage: java -cp 'lib/*' Referee.java BROKER REGISTRY_URL TOPIC     REGISTRY_URL ends in /api/v1
import com.hortonworks.registries.schemaregistry.serdes.avro.kafka.KafkaAvroDeserializer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

public class Referee {
    public static void main(String[] arguments) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("schema.registry.url", arguments[1]);
        settings.put("isolation.level", "read_committed");
        settings.put("key.deserializer", KafkaAvroDeserializer.class.getName());
        settings.put("value.deserializer", KafkaAvroDeserializer.class.getName());
        String topic = arguments[2];
        try (KafkaConsumer<Object, Object> consumer = new KafkaConsumer<>(settings)) {
            List<TopicPartition> all = new ArrayList<>();
            consumer.partitionsFor(topic).forEach(place -> all.add(new TopicPartition(topic, place.partition())));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(place -> consumer.position(place) < ends.get(place)))
                for (ConsumerRecord<Object, Object> row : consumer.poll(Duration.ofMillis(500)))
                    System.out.println(row.partition() + "\t" + row.offset() + "\t" + row.key() + "\t" + row.value());
        }
    }
}
