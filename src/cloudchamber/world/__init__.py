"""The physics under the cloud. Knows no AWS API."""
