import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CommunesApi;
import org.openapitools.client.api.LogsApi;
import org.openapitools.client.api.RankingsApi;
import org.openapitools.client.api.ReferralsApi;
import org.openapitools.client.api.RequestsApi;
import org.openapitools.client.api.UnitsApi;
import org.openapitools.client.model.AdHocRequest;
import org.openapitools.client.model.Confirmation;
import org.openapitools.client.model.MaxKmRelaxation;
import org.openapitools.client.model.NewReferral;
import org.openapitools.client.model.Place;
import org.openapitools.client.model.Proposal;
import org.openapitools.client.model.ReferralRecord;
import org.openapitools.client.model.ReferralState;
import org.openapitools.client.model.Request;

/** The whole loop, as a partner's tool in Java would go through it. */
public final class Loop {
    private static ApiClient caller(String role) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("HAVRE_BASE"));
        String token = System.getenv("HAVRE_" + role);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        return client;
    }

    private static String key() {
        return UUID.randomUUID().toString();
    }

    private static void check(boolean holds, Object what) {
        if (!holds) {
            throw new IllegalStateException(String.valueOf(what));
        }
    }

    /** Whether a unit is one of the provider's own: another's is as if it were not there. */
    private static boolean isOwn(UnitsApi units, UUID unit) throws ApiException {
        try {
            units.getUnit(unit);
            return true;
        } catch (ApiException refused) {
            if (refused.getCode() == 404) {
                return false;
            }
            throw refused;
        }
    }

    public static void main(String[] arguments) throws Exception {
        ApiClient referent = caller("REFERENT");
        ApiClient provider = caller("PROVIDER");
        ObjectMapper json = referent.getObjectMapper();
        JsonNode bodies = json.readTree(Files.readString(Path.of(System.getenv("HAVRE_BODIES"))));

        var paris = new CommunesApi(referent).searchCommunes("paris").getItems().get(0);
        Place place = new Place().department(paris.getDepartment()).lat(paris.getPoint().getLat()).lon(paris.getPoint().getLon());

        // Too near: what would open more is told, in the form of its wish.
        AdHocRequest near = json.treeToValue(bodies.get("rankAdHoc"), AdHocRequest.class).place(place);
        near.getDistance().setMaxKm(1.0);
        RankingsApi rankings = new RankingsApi(referent);
        var opened = rankings.rankAdHoc(RankingsApi.APIRankAdHocRequest.newBuilder().adHocRequest(near).build()).getRelaxations();
        check(opened.stream().anyMatch(change ->
            change.getActualInstance() instanceof MaxKmRelaxation farther && farther.getFrom() == 1.0), opened);

        Request wanted = json.treeToValue(bodies.get("createRequest"), Request.class).place(place);
        var request = new RequestsApi(referent).createRequest(key(), wanted);
        check(request.getPlace().equals(place), request);
        var question = RankingsApi.APIRankForRequestRequest.newBuilder().requestId(request.getId()).top(50).build();
        UnitsApi units = new UnitsApi(provider);
        Proposal own = null;
        for (Proposal proposal : rankings.rankForRequest(question).getProposals()) {
            if (own == null && isOwn(units, proposal.getUnitId())) {
                own = proposal;
            }
        }
        check(own != null, "the provider has no place among the proposals");

        ReferralsApi asking = new ReferralsApi(referent);
        ReferralsApi answering = new ReferralsApi(provider);
        ReferralRecord asked = asking.createReferral(request.getId(), key(), new NewReferral().vacancyId(own.getVacancyId()).hold(true));
        check(asked.getHeld() && asked.getState() == ReferralState.ASKED, asked);
        UUID id = asked.getId();
        var seen = answering.acknowledgeReferral(ReferralsApi.APIAcknowledgeReferralRequest.newBuilder().referralId(id).idempotencyKey(key()).build());
        check(seen.getState() == ReferralState.ACKNOWLEDGED, seen);
        var accepted = answering.acceptReferral(id, key(), null);
        check(accepted.getState() == ReferralState.ACCEPTED, accepted);
        var confirmed = asking.confirmReferral(id, key(), new Confirmation().expectedArrival(OffsetDateTime.now().plusHours(2)));
        check(confirmed.getState() == ReferralState.CONFIRMED, confirmed);
        var arrived = answering.recordArrival(id, key(), null);
        check(arrived.getState() == ReferralState.ARRIVED, arrived);

        Set<String> told = new TreeSet<>();
        LogsApi logs = new LogsApi(referent);
        String cursor = null;
        while (!told.contains("recordArrival")) {
            var page = logs.listEvents(LogsApi.APIListEventsRequest.newBuilder().cursor(cursor).build());
            page.getItems().stream().filter(event -> event.getRecordId().equals(id)).forEach(event -> told.add(event.getCommand()));
            cursor = page.getNextCursor();
            if (page.getItems().isEmpty()) {
                break;
            }
        }
        check(told.containsAll(Set.of("createReferral", "acceptReferral", "confirmReferral", "recordArrival")), told);
        System.out.println("from a commune to an arrival, " + told.size() + " events read");
    }
}
